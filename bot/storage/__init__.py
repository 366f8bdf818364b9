"""Storage: one writer, the two queues, changes, media files, migrations.

The database is the queue: whatever must survive a crash is a row before it is a thought.
"""
