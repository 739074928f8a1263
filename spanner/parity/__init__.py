"""Parity for a set of discs: with m parity discs, any m discs of the set may be lost.

The format, with nothing left out. There are k images D[0] ... D[k-1] in the order of their discs,
and m parities P[0] ... P[m-1], k + m <= 256. The parities are as long as the longest image; where
an image has ended, zeros stand for its bytes. A parity's byte at any offset n depends on the
images' bytes at the same offset n alone (* is a product in the field, x^n a power):

    P[i][n] = c(i, 0) * D[0][n]  XOR  c(i, 1) * D[1][n]  XOR ... XOR  c(i, k-1) * D[k-1][n]

    c(0, j) = 1                     the first parity is the XOR of all images
    c(1, j) = 2^j                   the second is RAID 6's Q
    c(i, j) = 1 / (2^(i-1) XOR 1/2^j)    for i >= 2

The field is GF(256): a byte is a polynomial over GF(2), its lowest bit the constant term, and
products are taken modulo x^8 + x^4 + x^3 + x^2 + 1 (0x11D), so that twice a byte is

    2 * a = (a << 1) XOR (0x11D if a >= 0x80, else 0)

2^j is 2 multiplied j times, and 1/a = a^254. To get images back, take as many parities as images
are lost, XOR the products of the images that are there away from them, and solve what is left: as
many linear equations as unknowns at each offset. They always have one solution (`field` says why).
"""
