"""Places where objects are kept outside the database: a folder, an S3-compatible server, an SFTP server.

Bytes are written under a temporary name, then named; whoever deletes elsewhere reads them again first. `store` is what each kind can do, `trying`
finds out whether one works.
"""
