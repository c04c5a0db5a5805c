"""A stateful mock of NexusCommerce, served by Connexion from openapi.yaml."""

import warnings

# connexion 3.3 imports Starlette's test client, which no part of the mock uses, and starlette 1.10 warns whoever does.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
