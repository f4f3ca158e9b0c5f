"""What can be done with conversations: one function, one transaction, one audit event, published after the commit."""
