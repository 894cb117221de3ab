namespace Pagoda.Evaluation.Benchmarks;

/// <summary>A judge whose result file T2I-CompBench's scripts leave in a category's folder.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Files">Where its results may be; releases of the scripts differ, and the later place comes first.</param>
public sealed record CompBenchJudge(string Name, params string[] Files);

/// <summary>A category of prompts.</summary>
/// <param name="Name">Its name, as files have it.</param>
/// <param name="Judge">The judge that the published numbers of this category come from.</param>
public sealed record CompBenchCategory(string Name, CompBenchJudge Judge);

/// <summary>
/// T2I-CompBench(++) (Huang et al. 2023, arXiv 2307.06350): categories of prompts, ten pictures of each, and the judges that its own scripts run.
/// The layout is what those scripts read: <c>CATEGORY/samples/{prompt}_{number:000000}.png</c>, the number running over all pictures of the category.
/// </summary>
public static class CompBench
{
    /// <summary>CLIP's cosine of picture and prompt; ours is named after the CLIP and is not read but computed.</summary>
    public static CompBenchJudge Clip { get; } = new("clip", "annotation_clip/vqa_result.json");

    private static readonly CompBenchJudge s_blip = new("blip-vqa", "annotation_blip/vqa_result.json");
    private static readonly CompBenchJudge s_spatial = new("unidet-2d", "labels/annotation_obj_detection_2d/vqa_result.json", "labels/annotation_obj_detection/vqa_result.json", "annotation_obj_detection/vqa_result.json");
    private static readonly CompBenchJudge s_depth = new("unidet-3d", "labels/annotation_obj_detection_3d/vqa_result.json");
    private static readonly CompBenchJudge s_count = new("unidet-numeracy", "annotation_num/vqa_result.json");
    private static readonly CompBenchJudge s_three = new("3-in-1", "annotation_3_in_1/vqa_result.json");

    /// <summary>All judges whose files can be read.</summary>
    public static IReadOnlyList<CompBenchJudge> Judges { get; } = [s_blip, s_spatial, s_depth, s_count, Clip, s_three];

    /// <summary>All categories.</summary>
    public static IReadOnlyList<CompBenchCategory> Categories { get; } =
    [
        new("color", s_blip), new("shape", s_blip), new("texture", s_blip), new("spatial", s_spatial), new("3d_spatial", s_depth), new("numeracy", s_count), new("non_spatial", Clip), new("complex", s_three),
    ];

    /// <summary>The prompts of a category's validation list; lines are trimmed, and empty ones are nothing.</summary>
    /// <param name="folder">The folder with <c>color_val.txt</c> and the others.</param>
    /// <param name="category">Which.</param>
    /// <exception cref="InvalidDataException">The list is not there or is empty.</exception>
    public static IReadOnlyList<string> Prompts(string folder, CompBenchCategory category)
    {
        var path = Path.Combine(folder, $"{category.Name}_val.txt");
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{path} is not there; --prompts names the folder of T2I-CompBench's lists, examples/dataset in its repository.");
        }

        string[] prompts = [.. PromptsIn(path)];
        return prompts.Length > 0 ? prompts : throw new InvalidDataException($"{path} has no prompts.");
    }

    /// <summary>
    /// The lists of prompts that some categories' validation lists are made of: combinations that their training lists have, <c>color_val_seen.txt</c>, and others,
    /// <c>color_val_unseen.txt</c>.
    /// </summary>
    /// <param name="folder">The folder with the lists.</param>
    /// <param name="category">Which category.</param>
    /// <returns>The parts' names, <c>seen</c> and <c>unseen</c>, with their prompts; none where the folder has no such lists.</returns>
    public static IReadOnlyList<(string Part, IReadOnlySet<string> Prompts)> Parts(string folder, CompBenchCategory category) =>
    [
        .. from part in new[] { "seen", "unseen" }
           let path = Path.Combine(folder, $"{category.Name}_val_{part}.txt")
           where File.Exists(path)
           select (part, (IReadOnlySet<string>)PromptsIn(path).ToHashSet(StringComparer.Ordinal)),
    ];

    private static IEnumerable<string> PromptsIn(string path) => File.ReadLines(path).Select(line => line.Split('\t')[0].Trim()).Where(line => line.Length > 0);
}
