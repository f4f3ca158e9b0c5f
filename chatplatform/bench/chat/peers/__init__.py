"""What is measured beside the platform: the floor below everything, and servers as one would write them."""
