"""What is a card, a social security number, or stands beside one; judged with what surrounds it."""
