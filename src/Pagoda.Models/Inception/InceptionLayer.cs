namespace Pagoda.Models.Inception;

/// <summary>Where features are taken; pytorch-fid's <c>--dims</c> chooses the same four.</summary>
public enum InceptionLayer
{
    /// <summary>After the first pool: 64 channels.</summary>
    FirstPool,

    /// <summary>After the second pool: 192 channels.</summary>
    SecondPool,

    /// <summary>Before the auxiliary classifier that training had: 768 channels.</summary>
    BeforeAuxiliary,

    /// <summary>The averages before the classifier, 2048: what FID is measured with.</summary>
    Features,
}
