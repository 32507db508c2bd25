"""How fast a graphics card hears, thinks and speaks, with models of the true size.

    ./run bench gpu [--tiny] [--device cpu] [--streams 1,4,8,16] [--write]
    python3 -m bench.gpu ...        where there is torch and nothing of ours is installed

Nothing is downloaded: the weights are random, made on the card. Their shapes are those of
Whisper large-v3-turbo, of Llama 3.1 8B and of XTTS v2, so each step costs what it costs with
the trained ones; how many steps there are, which random weights would never decide, is fixed.
"""
