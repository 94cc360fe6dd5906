from portal.models.policy import PolicyVersion
from portal.models.user import User

__all__ = ["PolicyVersion", "User"]
