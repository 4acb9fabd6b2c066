"""Messages between nodes."""
from ..runners import Message

__all__ = ["Message"]
