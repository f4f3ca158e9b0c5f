"""What sign-in tells by its time, what a password costs, and what forty attempts at once get."""
