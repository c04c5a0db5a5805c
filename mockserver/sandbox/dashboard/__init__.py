"""The sandbox in a browser: pages by Flask over the control API. They know nothing that its operations do not tell."""

from mockserver.sandbox.dashboard.app import create_dashboard
from mockserver.sandbox.dashboard.mounting import mount
from mockserver.sandbox.dashboard.parts import Asking, Door
from mockserver.visit import Guest

__all__ = ["Asking", "Door", "Guest", "create_dashboard", "mount"]
