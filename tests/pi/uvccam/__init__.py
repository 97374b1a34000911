"""A USB webcam in user space, on a real USB stack.

It plays a UVC 1.0 camera (MJPEG, and YUYV for 320×240) over the USB/IP protocol into the kernel's
own `vhci_hcd`, so that the kernel's real `uvcvideo` driver binds to it and makes a /dev/videoN. No
hardware and no network: the two ends of a socket pair. It needs root, the modules `vhci_hcd` and
`uvcvideo`, and nothing but Python's standard library.

    python3 -m uvccam FRAMES [--fps 10] [--control /run/uvccam.sock]
    python3 -m uvccam --send "truncate 40"      prints the camera's answer

FRAMES/640x480/*.jpg are the frames of that mode, played in order for ever. One command a datagram:

    ok                  good frames again
    truncate PERCENT    only the first PERCENT % of every frame is sent
    corrupt N           N bytes of every frame's second half are changed
    zerotail PERCENT    the last PERCENT % of every frame are zeros
    lost N              N bytes are missing in the middle
    torn                the second half is that of the frame before
    noeoi | nodht       no end marker | no Huffman tables (good cameras do that, too)
    garbage | empty     random bytes | no bytes at all
    err                 good bytes, but UVC's error bit is set in each payload
    mix SEED PERCENT    PERCENT % of the frames are broken, each in one of these ways, by the seed's dice
    freeze              nothing is sent any more, requests stay open: a hung camera
    stall               the endpoint answers STALL
    wedged              as freeze, until its USB port is reset or its plug pulled: then it is well
    once COMMAND        that fault for the next frame only
    die N               unplugged of itself after N more frames
    fps F               another rate
    unplug [SECONDS]    pull the plug, and put it back after SECONDS (0: leave it out)
    plug                put it back now
    stat                what was sent so far, as JSON
    quit                unplug and end
"""
