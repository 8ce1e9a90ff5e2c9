"""What leaves: protected cells, columns per profile, sensitive places."""
