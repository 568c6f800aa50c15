"""Study 2: generators of expression trained, asked for samples, and held to one scorecard."""
