"""Further clients."""
