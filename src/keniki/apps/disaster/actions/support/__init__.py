"""What towns do for people who need help to evacuate, and for those who ask whether somebody is safe."""
