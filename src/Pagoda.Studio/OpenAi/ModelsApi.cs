using Pagoda.Studio.Api;
using Pagoda.Studio.Painting;

namespace Pagoda.Studio.OpenAi;

/// <summary>The models, as OpenAI lists them.</summary>
internal static class ModelsApi
{
    public static IEnumerable<Operation> Operations(ModelShelf models) =>
    [
        new("GET", "/v1/models", "listModels", "openai", "The models that can be named.", _ => Task.FromResult<object?>(new { @object = "list", data = models.Names.Select(name => Of(models, name)) })) { Result = "OpenAiModelList" },
        new("GET", "/v1/models/{id}", "retrieveModel", "openai", "One model.", http =>
        {
            var name = http.Route("id");
            return Task.FromResult<object?>(models.Knows(name) ? Of(models, name) : throw models.Unknown(name));
        }) { Result = "OpenAiModel" },
    ];

    private static object Of(ModelShelf models, string name) => new { id = name, @object = "model", created = models.WrittenAt(name).ToUnixTimeSeconds(), owned_by = "pagoda" };
}
