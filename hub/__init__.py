"""The partner-collaboration hub of the Regional Support Office of the Bali Process."""

__version__ = "0.1.0"
