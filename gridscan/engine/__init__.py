"""How a run makes its file: divided into blocks, resumed, extended from earlier results, spread over workers."""
