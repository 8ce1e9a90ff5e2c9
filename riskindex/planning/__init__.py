"""From the list to a plan: named places made of chosen areas, and teams sent to them."""
