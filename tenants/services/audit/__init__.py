"""The trail for those who may read it: opened, searched, watched, proven. Reading it is an event of the trail itself."""
