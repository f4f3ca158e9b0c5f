"""How fast conversations are archived, deleted and brought back, what that does to messages, and what asking for what is due takes."""
