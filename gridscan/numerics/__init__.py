"""Mathematics without physics: quadrature, Poisson counts and compound Poisson sums, streamed variances."""
