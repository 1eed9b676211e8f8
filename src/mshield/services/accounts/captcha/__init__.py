"""What stands before calls that anybody may make: work for a program, and a picture or a sound for a person."""
