#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Writes to standard output, as a C header, what the headers of a kernel have:
# each question is a piece of code that compiles, or does not. Versions are not
# asked; distributions carry features to other ones.
#
# Usage: configure.sh COMPILER [FLAG...]

compile() {
	"$@" -Wno-unused -Werror=implicit-function-declaration -c -x c -o /dev/null -
}

# has NAME COMPILER [FLAG...] < CODE
has() {
	name=$1
	shift
	if compile "$@" 2>/dev/null; then
		echo "#define REMAP_HAS_$name 1"
	else
		echo "/* REMAP_HAS_$name is not set */"
	fi
}

# If this does not compile, "no" would be the answer to everything.
if ! echo '#include <linux/device-mapper.h>' | compile "$@" >&2; then
	echo "configure.sh: the headers of this kernel do not compile; see above" >&2
	exit 1
fi

echo '/* What configure.sh found in the headers of the kernel. */'

has WZEROES_UNMAP "$@" <<'C'
#include <linux/blkdev.h>
void probe(struct queue_limits *limits);
void probe(struct queue_limits *limits)
{
	limits->max_hw_wzeroes_unmap_sectors = 0;
}
C
