"""What leaves, per profile: protected cells, named columns, sensitive places."""
