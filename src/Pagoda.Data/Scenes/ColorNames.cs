namespace Pagoda.Data.Scenes;

/// <summary>Names of colours, as people use them for pixels.</summary>
internal static class ColorNames
{
    /// <summary>Every colour word that an object's name or adjective may start with; longer ones first.</summary>
    public static readonly string[] Words =
        ["light blue", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "gray"];

    /// <summary>
    /// The colours that objects are given: name, hue in degrees, and the mean saturation and value that the name suggests
    /// (a yellow is bright, a brown is dark).
    /// </summary>
    public static readonly (string Name, float Hue, float Saturation, float Value)[] Targets =
    [
        ("red", 357, 0.82f, 0.88f),
        ("orange", 25, 0.88f, 0.97f),
        ("yellow", 48, 0.82f, 0.98f),
        ("green", 125, 0.72f, 0.70f),
        ("blue", 214, 0.80f, 0.90f),
        ("purple", 272, 0.64f, 0.82f),
        ("pink", 332, 0.48f, 0.98f),
        ("brown", 22, 0.62f, 0.52f),
    ];

    /// <summary>The everyday name of one colour: hue in degrees, saturation and value in [0, 1].</summary>
    public static string Of(float hue, float saturation, float value)
    {
        // Dark blues and browns pass for black: an ant, a camera.
        if (value < 0.25f || (value < 0.38f && saturation < 0.45f))
        {
            return "black";
        }

        if (saturation < 0.14f)
        {
            return value > 0.85f ? "white" : "gray";
        }

        return hue switch
        {
            >= 345 or < 13 => saturation < 0.5f && value > 0.75f ? "pink" : value < 0.42f ? "brown" : "red",
            < 33 => value < 0.72f || saturation < 0.5f ? "brown" : "orange",
            < 66 => value < 0.6f || (saturation < 0.4f && value < 0.85f) ? "brown" : "yellow",
            < 168 => "green",
            < 258 => saturation < 0.22f ? "gray" : "blue",
            < 300 => "purple",
            _ => "pink",
        };
    }
}
