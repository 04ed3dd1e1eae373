"""X: one post of an account, with tweepy's Client and OAuth 1.0a."""

from .adapter import X

channel = X
