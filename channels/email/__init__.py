"""Email: one mail to each subscriber, or one to a list's address, over SMTP."""

from .adapter import Email

channel = Email
