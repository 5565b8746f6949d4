"""Variables, symbols, the nodes of the model graph, tracking and dtype policies."""
