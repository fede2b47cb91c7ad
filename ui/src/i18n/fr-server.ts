/** Sentences of the server in French, by their English form; `{{…}}` stands for what varies (ADR 152). */
export const serverSentences: { readonly [english: string]: string } = {
  // Why a task instance does not run: names of the checks, then reasons.
  "Trigger Rule": "Règle de déclenchement",
  "Previous Dagrun State": "État de l'exécution précédente",
  "Dagrun Running": "Exécution du Dag en cours",
  "Dag Paused": "Dag en pause",
  "Task Instance State": "État de l'instance de tâche",
  "Task Instance Not Running": "Instance de tâche non démarrée",
  "Slots Available": "Emplacements disponibles",
  "Not Previously Skipped": "Pas ignorée auparavant",
  "Not In Retry Period": "Délai avant nouvel essai",
  "Ready To Reschedule": "Prête à être replanifiée",
  "Mapped dependencies have succeeded": "Les valeurs à développer sont là",
  "the run has no such task instance": "l'exécution n'a pas cette instance de tâche",
  "it is {{state}} already; clear it to run it again":
    "elle est déjà dans l'état « {{state}} » ; remettez-la à zéro pour la relancer",
  "its run is {{state}}, not running": "son exécution est dans l'état « {{state}} », pas en cours",
  "its Dag is paused": "son Dag est en pause",
  "it is {{state}}": "elle est dans l'état « {{state}} »",
  "it is to be skipped, but the past dependencies are not met":
    "elle doit être ignorée, mais ses dépendances passées ne sont pas remplies",
  'task "{{task}}", whose value it is expanded over, failed':
    "la tâche « {{task}} », sur la valeur de laquelle elle se développe, a échoué",
  'task "{{task}}", whose value it is expanded over, was skipped':
    "la tâche « {{task}} », sur la valeur de laquelle elle se développe, a été ignorée",
  'task "{{task}}" decided that it is skipped': "la tâche « {{task}} » a décidé de l'ignorer",
  "it needs every setup whose scope it is in to succeed: of {{count}} upstream: {{states}}":
    "chaque mise en place qui la couvre doit réussir ; sur {{count}} en amont : {{states}}",
  "trigger rule {{rule}} is not met: of {{count}} upstream: {{states}}":
    "la règle {{rule}} n'est pas remplie ; sur {{count}} en amont : {{states}}",
  "{{count}} instances between its setup and this teardown are not finished":
    "{{count}} instances entre sa mise en place et ce démontage ne sont pas terminées",
  "depends_on_past is set, and the previous run does not have the task":
    "depends_on_past est activé, et l'exécution précédente n'a pas cette tâche",
  "depends_on_past is set, and {{count}} instances of the previous run are neither success nor skipped":
    "depends_on_past est activé, et {{count}} instances de l'exécution précédente ne sont ni réussies ni ignorées",
  'wait_for_downstream is set, and "{{task}}" of the previous run is neither success nor skipped':
    "wait_for_downstream est activé, et « {{task}} » de l'exécution précédente n'est ni réussie ni ignorée",
  "not finished": "pas terminées",
  "its next try starts at {{date}}": "son prochain essai commence le {{date}}",
  "its next poke is at {{date}}": "sa prochaine vérification est le {{date}}",
  'it needs {{slots}} slots, and pool "{{pool}}" has only {{total}}':
    "il lui faut {{slots}} emplacements, et le pool « {{pool}} » n'en a que {{total}}",
  'pool "{{pool}}" has {{open}} of {{total}} slots open, and it needs {{slots}}':
    "le pool « {{pool}} » a {{open}} emplacements libres sur {{total}}, et il lui en faut {{slots}}",
  "{{active}} tasks of its run are queued or running, and max_active_tasks is {{most}}":
    "{{active}} tâches de son exécution sont en file ou en cours, et max_active_tasks vaut {{most}}",
  "{{active}} of it are active in all runs, and max_active_tis_per_dag is {{most}}":
    "{{active}} de ses instances sont actives, toutes exécutions confondues, et max_active_tis_per_dag vaut {{most}}",
  "{{active}} of it are active in this run, and max_active_tis_per_dagrun is {{most}}":
    "{{active}} de ses instances sont actives dans cette exécution, et max_active_tis_per_dagrun vaut {{most}}",

  // What forms are refused for.
  "Field required": "champ obligatoire",
  "Extra inputs are not permitted": "champ inconnu",
  "Input should be a valid string": "un texte est attendu",
  "Input should be a valid integer": "un nombre entier est attendu",
  "Input should be a valid number": "un nombre est attendu",
  "Input should be a valid boolean": "vrai ou faux est attendu",
  "Input should be a valid list": "une liste est attendue",
  "Input should be a valid dictionary": "un objet est attendu",
  "Input should be a valid integer, unable to parse string as an integer":
    "un nombre entier est attendu, ce texte n'en est pas un",
  "Input should be a valid number, unable to parse string as a number":
    "un nombre est attendu, ce texte n'en est pas un",
  "Input should be a valid datetime or date": "une date est attendue",
  "Input should be greater than or equal to {{limit}}": "au moins {{limit}} est attendu",
  "Input should be less than or equal to {{limit}}": "au plus {{limit}} est attendu",
  "Input should be greater than {{limit}}": "plus de {{limit}} est attendu",
  "Input should be less than {{limit}}": "moins de {{limit}} est attendu",
  "Input should be {{values}}": "l'une de ces valeurs est attendue : {{values}}",
  "String should have at least {{limit}} characters": "au moins {{limit}} caractères sont attendus",
  "String should have at least {{limit}} character": "au moins {{limit}} caractère est attendu",
  "String should have at most {{limit}} characters": "au plus {{limit}} caractères sont attendus",
  "String should have at most {{limit}} character": "au plus {{limit}} caractère est attendu",
  "String should match pattern '{{pattern}}'": "un texte de la forme {{pattern}} est attendu",

  // What actions are refused for, and what is not there.
  Forbidden: "Vous n'y êtes pas autorisé",
  "Not authenticated": "Vous n'êtes pas connecté",
  "Invalid credentials": "Nom ou mot de passe incorrect",
  "Too many failed sign-ins; try again in {{seconds}} s":
    "Trop de tentatives de connexion ; réessayez dans {{seconds}} s",
  "The Dag with ID: `{{dag}}` was not found": "Le Dag « {{dag}} » est introuvable",
  "Dag with dag_id: '{{dag}}' has import errors and cannot be triggered":
    "Le fichier du Dag « {{dag}} » ne s'importe pas : il ne peut pas être lancé",
  "Dag with dag_id: '{{dag}}' does not allow manual runs":
    "Le Dag « {{dag}} » n'accepte pas d'exécution manuelle",
  "The DagRun with dag_id: `{{dag}}` and run_id: `{{run}}` was not found":
    "L'exécution « {{run}} » du Dag « {{dag}} » est introuvable",
  "Task instances of dag with id: '{{dag}}' are still running":
    "Des instances de tâche du Dag « {{dag}} » sont encore en cours",
  "There is already a running backfill for dag {{dag}}": "Un rattrapage du Dag {{dag}} est déjà en cours",
  "Backfill is already completed.": "Ce rattrapage est déjà terminé.",
  "The Pool with name: `{{name}}` already exists": "Il y a déjà un pool « {{name}} »",
  "The Pool with name: `{{name}}` was not found": "Le pool « {{name}} » est introuvable",
  "Only slots and included_deferred can be modified on Default Pool":
    "Du pool par défaut, seuls les emplacements et le décompte des tâches différées se modifient",
  "Default Pool can't be deleted": "Le pool par défaut ne peut pas être supprimé",
  "The Variable with key: `{{key}}` already exists": "Il y a déjà une variable « {{key}} »",
  "The Variable with key: `{{key}}` was not found": "La variable « {{key}} » est introuvable",
  "The Connection with connection_id: `{{id}}` was not found": "La connexion « {{id}} » est introuvable",
  "The User with username `{{name}}` was not found": "L'utilisateur « {{name}} » est introuvable",
  "The XCom with key: `{{key}}` with mentioned task instance already exists.":
    "Cette instance de tâche a déjà un XCom « {{key}} »",
  "The XCom with key: `{{key}}` with mentioned task instance doesn't exist.":
    "Cette instance de tâche n'a pas de XCom « {{key}} »",
  'expected the id of a Dag, got "{{dag}}"': "Il n'y a pas de Dag « {{dag}} »",
  'expected a run of {{dag}}, got the run id "{{run}}"': "Le Dag {{dag}} n'a pas d'exécution « {{run}} »",
  "expected a task instance of {{dag}} in {{run}}, got {{task}}":
    "L'exécution {{run}} du Dag {{dag}} n'a pas d'instance de la tâche {{task}}",
  "did you mean {{dag}}?": "vouliez-vous dire {{dag}} ?",
  "`tradewind dags list` shows the ids; `dags list-import-errors` shows files that failed":
    "`tradewind dags list` montre ceux qu'il y a ; `dags list-import-errors`, les fichiers qui ne s'importent pas",
  "`tradewind dags list-runs {{dag}}` shows them": "`tradewind dags list-runs {{dag}}` les montre",
  "clear that run to run it again, or give another run id and logical date":
    "remettez-la à zéro pour la relancer, ou donnez un autre identifiant et une autre date logique",
  "expected a new run of {{dag}}, got the run id {{run}}, which has a run already":
    "Le Dag {{dag}} a déjà une exécution « {{run}} »",
  "expected a new run of {{dag}}, got the logical date {{date}}, which has a run already":
    "Le Dag {{dag}} a déjà une exécution pour la date logique {{date}}",
};
