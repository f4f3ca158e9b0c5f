"""Pages about members, departments and what each may do."""
