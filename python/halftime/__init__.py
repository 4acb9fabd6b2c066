"""halftime's side of Python: the engine as an extension (_native), and the processes that the program starts (worker)."""
