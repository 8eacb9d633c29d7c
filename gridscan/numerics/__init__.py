"""Mathematics without physics: quadrature, piecewise functions, Poisson counts, streamed moments."""
