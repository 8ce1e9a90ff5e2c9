"""Arrays in, arrays out: Gi*, windows, exact laws, tails, intervals and corrections."""
