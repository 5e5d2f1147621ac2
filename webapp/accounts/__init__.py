"""Who may use the back office: accounts, passwords, sessions, and the sign-in page."""
