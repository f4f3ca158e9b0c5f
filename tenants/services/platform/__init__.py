"""What operators do, and an operator's stay in an organisation."""
