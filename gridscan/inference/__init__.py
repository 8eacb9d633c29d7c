"""What an observation says of a result: likelihoods, posteriors, and limits on a parameter."""
