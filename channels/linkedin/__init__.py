"""LinkedIn: posts on an organization's page, through the versioned Posts API."""

from .adapter import LinkedIn

channel = LinkedIn
