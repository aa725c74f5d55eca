"""From radiance to counts: lenses, tones, blur, noise, thermal."""
