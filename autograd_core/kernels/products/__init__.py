"""Matrix products (`gemm.py`, where to begin: it draws the loop nest), and what is made of them: distances, attention."""
