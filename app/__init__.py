"""The page over ``mhkd``: thin views, plain-value components, pure charts and wording."""
