//! The sizes of a 2-D convolution.

/// Sizes and parameters of a 2-D convolution over contiguous NCHW tensors: source
/// `[n, c, h, w]`, weight `[oc, c / groups, kh, kw]`, destination `[n, oc, oh, ow]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvShape {
    /// Images.
    pub n: usize,
    /// Source channels, a multiple of `groups`.
    pub c: usize,
    /// Source height.
    pub h: usize,
    /// Source width.
    pub w: usize,
    /// Destination channels, a multiple of `groups`.
    pub oc: usize,
    /// Kernel height.
    pub kh: usize,
    /// Kernel width.
    pub kw: usize,
    /// Source rows and columns between neighbouring destinations, at least one.
    pub stride: [usize; 2],
    /// Zero rows and columns around the source, on each side.
    pub padding: [usize; 2],
    /// Source rows and columns between neighbouring taps of the kernel, at least one.
    pub dilation: [usize; 2],
    /// Independent parts the channels fall into, at least one.
    pub groups: usize,
    /// Destination height.
    pub oh: usize,
    /// Destination width.
    pub ow: usize,
}

impl ConvShape {
    /// Source channels of a group.
    pub fn group_c(&self) -> usize {
        self.c / self.groups
    }

    /// Destination channels of a group.
    pub fn group_oc(&self) -> usize {
        self.oc / self.groups
    }

    /// Pixels of a source channel.
    pub fn source_plane(&self) -> usize {
        self.h * self.w
    }

    /// Pixels of a destination channel.
    pub fn plane(&self) -> usize {
        self.oh * self.ow
    }

    /// Taps of the kernel.
    pub fn taps(&self) -> usize {
        self.kh * self.kw
    }

    /// Products a destination value sums.
    pub fn depth(&self) -> usize {
        self.group_c() * self.taps()
    }

    /// Values of the source.
    pub fn source_len(&self) -> usize {
        self.n * self.c * self.source_plane()
    }

    /// Values of the weight.
    pub fn weight_len(&self) -> usize {
        self.oc * self.depth()
    }

    /// Values of the destination.
    pub fn dst_len(&self) -> usize {
        self.n * self.oc * self.plane()
    }

    /// Floating-point operations of any of the three directions.
    pub(crate) fn flops(&self) -> usize {
        2usize
            .saturating_mul(self.dst_len())
            .saturating_mul(self.depth())
    }
}
