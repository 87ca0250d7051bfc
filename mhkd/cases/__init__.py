"""Cases that a reader chose to keep, and an audit log without content.

Nothing here runs unless somebody keeps a case or sets ``MHKD_AUDIT_LOG``.
"""
