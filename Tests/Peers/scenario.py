"""What a scenario is: something to check against a peer, and how the peer is opened."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from world import Peer, Report, World

Scenario = Callable[[Report, World, Peer], None]

Opening = Callable[[Path, Path], AbstractContextManager[Peer]]
"""Starts a peer, given the Python of its venv (or the root of its files) and a folder of its own."""
