"""What staff see and do of people and customers, and the first page of their site."""

from portal.admin import customers, people, policy, promises

__all__ = ["customers", "people", "policy", "promises"]
