"""Where the class of messages was."""
from ..runners import Message

__all__ = ["Message"]
