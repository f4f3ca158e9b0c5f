"""How a text can be read: as it stands, decoded, with words as digits, and cut into groups and rows of digits."""
