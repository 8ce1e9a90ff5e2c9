"""Sources in a warehouse or on Spark: the question that goes there, the answer that comes back."""
