class Tampered:
    pass
