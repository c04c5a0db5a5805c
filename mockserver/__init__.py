"""A stateful mock of NexusCommerce, served by Connexion from openapi.yaml."""
